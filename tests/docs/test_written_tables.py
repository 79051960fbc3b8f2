"""What stands in a page's tables is what the code says."""

from collections.abc import Callable

import pytest

from chassis.settings import CacheSettings, DatabaseSettings, ServiceSettings
from stack.settings import MeshSettings
from tools.reference import pages, schema, settings

STALE = "run `make docs`"


def test_every_table_that_can_be_written_stands_in_a_page() -> None:
    standing = [name for page in pages.pages() for name in pages.sections(page.read_text(encoding="utf-8"))]
    assert sorted(standing) == sorted({*pages.WRITERS, pages.SCHEMA})


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.stem)
def test_a_table_says_what_the_code_says(page) -> None:
    text = page.read_text(encoding="utf-8")
    assert pages.filled(text, pages.WRITERS) == text, STALE


def test_the_schema_page_shows_the_tables_as_postgres_has_them(make_database: Callable[[], str]) -> None:
    url = make_database()
    schema.migrate_all(url)
    page = pages.ROOT / "docs/architecture/03-implementation/database-schema.md"
    text = page.read_text(encoding="utf-8")
    assert pages.filled(text, {pages.SCHEMA: lambda: schema.tables(url)}) == text, STALE


@pytest.mark.parametrize("cls", [MeshSettings, ServiceSettings, DatabaseSettings, CacheSettings, *settings.SERVICES])
def test_every_setting_says_what_it_means(cls) -> None:
    inherited = {name for base in settings.COMMON for name in base.model_fields}
    silent = [name for name, field in cls.model_fields.items() if not field.description]
    assert not [name for name in silent if cls in settings.COMMON or name not in inherited]


def test_a_page_with_an_unknown_table_is_refused() -> None:
    text = "<!-- weather: written by make docs -->\n<!-- end of weather -->"
    with pytest.raises(pages.StrangeSection):
        pages.filled(text, pages.WRITERS)

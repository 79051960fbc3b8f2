/** Lists, page after page. */

import type { Message } from "@bufbuild/protobuf";

/** A page of a List method: its items, in its only repeated field, and where the next page begins. */
export type Page = Message & { nextPageToken: string };

/** What a page holds. */
export type ItemOf<P extends Page> = {
  [K in Exclude<keyof P, keyof Message>]: P[K] extends readonly (infer Item)[] ? Item : never;
}[Exclude<keyof P, keyof Message>];

/**
 * What a list holds, item by item; a page is asked for when it is needed.
 *
 * `method` is a List method; `request` may say how large a page is, and is not changed.
 */
export async function* every<Request extends { pageToken?: string }, P extends Page>(
  method: (request: Request) => Promise<P>,
  request: Request,
): AsyncGenerator<ItemOf<P>, void, undefined> {
  for (let asked = request; ; ) {
    const page = await method(asked);
    yield* itemsOf(page);
    if (page.nextPageToken === "") return;
    asked = { ...asked, pageToken: page.nextPageToken };
  }
}

function itemsOf<P extends Page>(page: P): ItemOf<P>[] {
  const lists = Object.entries(page).filter(([name, value]) => !name.startsWith("$") && Array.isArray(value));
  if (lists.length !== 1) throw new TypeError(`${page.$typeName} is no page: it has ${lists.length} lists`);
  return lists[0]![1] as ItemOf<P>[];
}

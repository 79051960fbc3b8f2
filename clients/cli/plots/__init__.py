"""Pictures: charts in the terminal, of braille and blocks, and the same as PNG files.

Terminal charts need nothing but rich and stay legible at 80 columns without colour. The modules named `…_png` draw
with matplotlib, which takes its time to import: commands import them only when a file is asked for.
"""

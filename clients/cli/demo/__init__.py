"""The main job from end to end, told while it happens: the mesh, real prices, a portfolio, its optimum, a picture.

`command` starts and stops things, `walk` is the order of the steps, `checks` are the promises that a run must keep.
"""

"""Records as feeds give them: what is wrong with each, and the ticks and bars that the good ones make."""

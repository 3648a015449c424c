"""The face finder's arithmetic: network output to boxes, points and roll."""

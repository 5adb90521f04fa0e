"""What is drawn over the 3D view, and never in a render: the plan of the shot and the motion of the take."""

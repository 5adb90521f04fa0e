"""ARKit curves from captured face meshes."""

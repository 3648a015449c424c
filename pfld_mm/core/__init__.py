"""What training, export and device share; needs numpy and OpenCV alone."""

"""The ground floor: numpy and OpenCV alone, shared by training, export and device."""

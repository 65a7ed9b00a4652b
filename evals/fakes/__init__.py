"""Systems that Segue tells of what it decides, standing in on loopback: they answer as the real ones do."""

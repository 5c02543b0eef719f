"""One adapter for each public data set: walks with person, visit, label and licence."""

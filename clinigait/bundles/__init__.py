"""Models that come with clinigait: a folder each, with weights and card; read by io.bundle."""

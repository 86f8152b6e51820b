"""Sources, mappings, loads, voucher lines and the error desk."""

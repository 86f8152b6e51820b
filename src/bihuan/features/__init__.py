"""What users do; each feature is model · commands · queries · api. Order of the features: pyproject, import contract."""

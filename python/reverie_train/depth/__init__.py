"""The monocular depth network: data, augmentation, network, training, evaluation, export.

Run `python -m reverie_train.depth --help`.
"""

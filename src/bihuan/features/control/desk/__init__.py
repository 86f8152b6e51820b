"""The control desk: open holds, a row's timeline, a cell's documents, remaining by any dimension, the proof and its repair."""

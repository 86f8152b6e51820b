"""What another text of a policy would have said to the documents there were."""

"""What a decision or a change of label sets off, carried out: once by its id, however often it is tried."""

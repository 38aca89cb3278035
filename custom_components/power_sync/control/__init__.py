"""Control: who decides, what to do, how it is carried out, what was done."""

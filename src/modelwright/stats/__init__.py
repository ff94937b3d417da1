"""The statistics behind monitors and gates: numpy in, frozen values out."""

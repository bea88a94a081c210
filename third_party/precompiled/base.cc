#include "base.inc"

#define SAMPLE_MAGIC 0x12345678
#include "sample.h"

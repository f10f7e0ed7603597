#define SAMPLE_MAJOR 2
#include "sample.h"

#define SAMPLE_MINOR 9
#include "sample.h"

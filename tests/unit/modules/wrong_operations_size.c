#define SAMPLE_OPERATIONS_SIZE 8
#include "sample.h"

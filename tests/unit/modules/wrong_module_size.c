#define SAMPLE_MODULE_SIZE 40
#include "sample.h"

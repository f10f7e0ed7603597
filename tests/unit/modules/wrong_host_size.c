#define SAMPLE_HOST_SIZE 16
#include "sample.h"

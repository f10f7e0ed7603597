#define SAMPLE_NAME "other"
#include "sample.h"

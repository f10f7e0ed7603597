#define SAMPLE_JUDGE NULL
#include "sample.h"

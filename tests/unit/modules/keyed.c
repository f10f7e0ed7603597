#define SAMPLE_NAME "keyed"
#define SAMPLE_TAKES_KEYS true
#include "sample.h"

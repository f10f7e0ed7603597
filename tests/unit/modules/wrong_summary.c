#define SAMPLE_SUMMARY "two\nlines"
#include "sample.h"

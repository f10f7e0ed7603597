#define SAMPLE_NEEDS RESTANTE_NEEDS_ROOT
#include "sample.h"

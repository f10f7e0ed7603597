#define SAMPLE_KIND RESTANTE_KIND_AUTH
#include "sample.h"

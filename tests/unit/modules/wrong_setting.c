#define SAMPLE_SETTINGS {.name = "flag", .type = RESTANTE_SETTING_CHOICE, .help = "no choices"},
#include "sample.h"

#include "master/policy_trial.h"

#include <stdio.h>
#include <string.h>

#include <restante/policy.h>

#include "util/str.h"

void policy_trial_send_files(struct master_slot *slot)
{
    const struct master_trial *trial = slot->generation->master->trial;
    struct frame_out frame = {0};
    struct message_policy_file message = {.operation = (uint8_t)trial->operation};
    str_copy(message.driver, sizeof(message.driver), trial->driver);
    for (size_t i = 0; i < trial->count; i++) {
        if (!str_copy(message.path, sizeof(message.path), trial->files[i])) {
            faults_add(&slot->generation->faults, "%.100s…: this path is too long", trial->files[i]);
            continue;
        }
        message_put_policy_file(&frame, &message);
        channel_send(slot->control, &frame, -1);
    }
    frame_free(&frame);
}

void policy_trial_take(const struct master_slot *slot, const struct message_policy_report *report)
{
    struct master_trial *trial = slot->generation->master->trial;
    const char *text = report->text;
    size_t folder = strlen(trial->folder);
    trial->passed += report->result == RESTANTE_POLICY_PASSED;
    trial->failed += report->result == RESTANTE_POLICY_FAILED;
    if (folder > 0 && strncmp(text, trial->folder, folder) == 0)
        text += folder;
    if (report->result != RESTANTE_POLICY_PASSED)
        printf("%s%s\n", text, report->result == RESTANTE_POLICY_NOTE ? " (not a fault)" : "");
}

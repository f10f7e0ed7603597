/*
 * The frontend room's state, without the room around it, so that tests can hold one.
 */
#include "frontend/frontend.h"

#include <stdlib.h>

#include "frontend/connection.h"

void frontend_open(struct frontend *frontend, struct event_base *base)
{
    frontend->base = base;
    LIST_INIT(&frontend->connections);
    listeners_open(&frontend->listeners, frontend);
    rooms_open(&frontend->rooms, frontend);
}

void frontend_connection_gone(struct frontend *frontend)
{
    bool is_leaving = frontend->is_retiring || frontend->is_draining;
    if (!is_leaving || frontend->is_drained || !LIST_EMPTY(&frontend->connections))
        return;
    frontend->is_drained = true;
    if (frontend->drained)
        frontend->drained(frontend->context);
}

void frontend_retire(struct frontend *frontend)
{
    if (frontend->is_retiring || frontend->is_draining)
        return;
    listeners_finish(&frontend->listeners);
    frontend->is_retiring = true;
    frontend_connection_gone(frontend);
}

void frontend_drain(struct frontend *frontend)
{
    struct connection *connection, *next;
    if (frontend->is_draining)
        return;
    frontend->is_draining = true;
    listeners_close(&frontend->listeners);
    for (connection = LIST_FIRST(&frontend->connections); connection; connection = next) {
        next = LIST_NEXT(connection, link); /* draining one ends no other */
        connection_drain(connection);
    }
    frontend_connection_gone(frontend);
}

void frontend_close(struct frontend *frontend)
{
    frontend->drained = NULL;
    listeners_close(&frontend->listeners);
    while (!LIST_EMPTY(&frontend->connections))
        connection_end(LIST_FIRST(&frontend->connections), "stopped");
    rooms_close(&frontend->rooms);
    registry_free(&frontend->by_id);
    buf_wipe(&frontend->out);
    tls_context_close(&frontend->tls);
    free(frontend->settings.proxies);
    frontend->settings.proxies = NULL;
    frontend->settings.proxies_count = 0;
}

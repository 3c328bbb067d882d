import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useState } from "react";
import { applyEvent } from "./apply-event";
import { type Connection, openEvents } from "./events";

const ConnectionContext = createContext<Connection>("connecting");

/** Whether the studio can be heard. */
export function useConnection(): Connection {
  return use(ConnectionContext);
}

/** Holds the tab's one stream of events and keeps the query cache true to it. */
export function LiveUpdates({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");
  useEffect(
    () => openEvents("/events", (event) => applyEvent(client, event), setConnection),
    [client],
  );
  return <ConnectionContext value={connection}>{children}</ConnectionContext>;
}

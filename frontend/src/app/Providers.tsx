import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { LiveUpdates } from "@/api/live-updates";
import { Entrance } from "./Entrance";
import { cssVariables, theme } from "./theme";

// Events keep the cache true, so nothing that was fetched grows old by itself.
const createQueryClient = () =>
  new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });

export function Providers({ children }: { children: ReactNode }) {
  const [queryClient] = useState(createQueryClient);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <Notifications position="bottom-center" containerWidth={460} />
      <QueryClientProvider client={queryClient}>
        <Entrance>
          <LiveUpdates>{children}</LiveUpdates>
        </Entrance>
      </QueryClientProvider>
    </MantineProvider>
  );
}

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { watchRefusals } from "@/api/session";
import { SignIn } from "@/features/session/SignIn";

/** Shows what is inside, or the sign-in once the studio wants a token. */
export function Entrance({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [isShut, setShut] = useState(false);
  useEffect(() => watchRefusals(() => setShut(true)), []);
  if (!isShut) return children;
  const enter = () => {
    client.clear(); // what somebody else may have seen
    setShut(false);
  };
  return <SignIn onSignedIn={enter} />;
}

import { signIn as postSession, type Session } from "./gen";
import { client } from "./gen/client.gen";
import { answerOf } from "./problem";

/** Tells whenever the studio wants a token, until the returned function is called. */
export function watchRefusals(onRefusal: () => void): () => void {
  const look = (response: Response) => {
    // A service that refuses the studio itself answers 401 too, but does not ask for a token.
    if (response.status === 401 && response.headers.has("WWW-Authenticate")) onRefusal();
    return response;
  };
  client.interceptors.response.use(look);
  return () => client.interceptors.response.eject(look);
}

export function signIn(token: string): Promise<Session> {
  return answerOf(postSession({ body: { token } }));
}

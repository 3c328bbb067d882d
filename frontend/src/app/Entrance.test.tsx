import { useQuery } from "@tanstack/react-query";
import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { getQueue } from "@/api/gen";
import { answerOf } from "@/api/problem";
import { show } from "@/testing/render";
import { server } from "@/testing/setup";
import { Entrance } from "./Entrance";

const STUDIO = "http://studio.test";
const QUEUE = { paused: false, held_up_by: null, waiting: [], total: 3, eta_s: null };

function refuse(detail: string, headers: Record<string, string>) {
  const problem = { type: "urn:x", title: "Unauthorized", status: 401, detail, code: "X" };
  return HttpResponse.json(problem, { status: 401, headers });
}

const asking = { "WWW-Authenticate": "Bearer" };

function Inside() {
  const { data, error } = useQuery({ queryKey: ["q"], queryFn: () => answerOf(getQueue()) });
  return <p>{data ? `${data.total} wait` : error?.message}</p>;
}

function open() {
  show(
    <Entrance>
      <Inside />
    </Entrance>,
  );
}

test("a studio without tokens shows itself", async () => {
  server.use(http.get(`${STUDIO}/queue`, () => HttpResponse.json(QUEUE)));
  open();
  expect(await screen.findByText("3 wait")).toBeVisible();
});

test("a studio that wants a token asks for it, says when it is wrong, and then opens", async () => {
  const sent: unknown[] = [];
  let isSignedIn = false;
  server.use(
    http.get(`${STUDIO}/queue`, () =>
      isSignedIn ? HttpResponse.json(QUEUE) : refuse("It wants a token.", asking),
    ),
    http.post(`${STUDIO}/session`, async ({ request }) => {
      const { token } = (await request.json()) as { token: string };
      sent.push(token);
      isSignedIn = token === "lim_right";
      return isSignedIn
        ? HttpResponse.json({ name: "ada", admin: false })
        : refuse("The token is wrong or revoked.", asking);
    }),
  );
  open();
  const user = userEvent.setup();
  const field = await screen.findByLabelText(/Token/);
  expect(field).toHaveAttribute("type", "password");
  await user.type(field, "lim_wrong{Enter}");
  expect(await screen.findByText("The token is wrong or revoked.")).toBeVisible();
  await user.clear(field);
  await user.type(field, " lim_right ");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText("3 wait")).toBeVisible();
  expect(sent).toEqual(["lim_wrong", "lim_right"]);
});

test("a service that refuses the studio is no reason to sign in", async () => {
  server.use(http.get(`${STUDIO}/queue`, () => refuse("The service wants another token.", {})));
  open();
  expect(await screen.findByText("The service wants another token.")).toBeVisible();
});

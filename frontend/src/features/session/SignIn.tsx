import { Button, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { signIn } from "@/api/session";
import { Mark } from "@/components/Mark";
import { t } from "@/i18n";
import classes from "./SignIn.module.css";

/** Asks for the token that a shared studio wants. */
export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [token, setToken] = useState("");
  const { mutate, isPending, error } = useMutation({ mutationFn: signIn, onSuccess: onSignedIn });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    mutate(token.trim());
  };
  return (
    <main className={classes.page}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <Mark size={52} />
          <Title order={1} className={classes.title}>
            {t("Sign in to Limner")}
          </Title>
          <Text c="dimmed">{t("This studio is shared. Whoever runs it has a token for you.")}</Text>
          <TextInput
            label={t("Token")}
            type="password"
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            error={error?.message}
            required
            autoFocus
          />
          <Button type="submit" loading={isPending} disabled={token.trim() === ""}>
            {t("Sign in")}
          </Button>
        </Stack>
      </form>
    </main>
  );
}

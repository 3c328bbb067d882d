/* The lease protocol between services/arbiter and services/pipelines/leases.py, for spin's exhaustive search.
 *
 * Every step below is atomic and names, in brackets, the production function that it stands for. The two sides
 * share nothing but streams; the world may cut a stream, kill or hang a worker and crash the arbiter between
 * any two steps, as often as the budgets allow. Memory is counted where workers touch it, never where the
 * arbiter believes it to be.
 *
 * Left out, because the model may do at any time what they only restrict: queue order, load and compute slots,
 * the recovery window, clocks (an offer may expire and a driver may answer at any time). Left out, because they
 * change no grant: Beat, Position, BeginWait, Resize, and SUSPECT, which a word from the holder takes back.
 */

/* ---- configuration: each may be set with -D --------------------------------------------------------------- */
#ifndef HOLDERS
#define HOLDERS 2
#endif
#ifndef INCARNATIONS            /* worker processes that one holder may have, one after another */
#define INCARNATIONS 1
#endif
#ifndef TOKENS                  /* offers that can be made in all; at most 7 */
#define TOKENS 2
#endif
#ifndef TICKETS                 /* of one worker, one after another */
#define TICKETS 1
#endif
#ifndef JOBS                    /* Begins of one worker; 0 leaves computing out */
#define JOBS 0
#endif
#ifndef CAPACITY
#define CAPACITY 1
#endif
#define RESIDENT_BYTES 1
#ifndef LOAD_EXTRA_BYTES
#define LOAD_EXTRA_BYTES 0
#endif
#ifndef WORKING_BYTES
#define WORKING_BYTES 0
#endif
/* CARD: a driver gives a dead worker's bytes back when it likes. Without it they are back at death. */

/* How often the world may strike. */
#ifndef CRASHES                 /* of the arbiter, which starts again on its log */
#define CRASHES 0
#endif
#ifndef CUTS                    /* of streams */
#define CUTS 0
#endif
#ifndef REPEATS                 /* of what a front has said, later in the same stream */
#define REPEATS 0
#endif
#ifndef DEATHS                  /* kill -9 of workers */
#define DEATHS 0
#endif
#ifndef HANGS                   /* of workers, until they are killed */
#define HANGS 0
#endif
#ifndef FENCES                  /* of healthy workers; a hung one is always fenced in the end */
#define FENCES 0
#endif
#ifndef CANCELS                 /* by whoever wanted the memory or the computation */
#define CANCELS 0
#endif
#ifndef RECALLS
#define RECALLS 0
#endif

/* What may be left out with -D; test_protocol_model.py says which property then fails.
 *   FREE_ON_TTL           a charge ends when its holder has been away for long
 *   NO_RECLAIM_WAIT       ... when its worker is dead, whatever the driver says
 *   RELEASE_AT_DEATH      ... when its front says so after killing the worker, whatever the driver says
 *   STALE_PROBE           ... when a probe that began to look before the death saw nothing
 *   NO_LOG                a crash forgets everything
 *   LOG_AFTER_REPLY       a crash forgets what was just said
 *   FORGET_FENCING        a crash forgets whom to kill
 *   LOAD_ON_OFFER         the holder does not wait for its Confirm to be accepted
 *   NO_TOKEN_CHECK        any Confirm is accepted
 *   NO_TOKEN_FLOOR        tokens begin again after a crash, and holders take lower ones
 *   NO_INCARNATION        the proof of a worker's death counts for its successor too
 *   LATE_HELLO            the Hello of an older stream counts after that of a newer one
 *   YIELD_WHILE_LOADING   a load that is asked back is charged as if it had already ended
 *   SAME_JOB_AGAIN        a job that begins again uses the name of its cancelled attempt
 *   REJECTED_IS_RELEASED  any refusal about a token ends its release
 *   FORGET_GRANT          a grant that is cancelled as it arrives is not given back
 *   ASK_AGAIN_FOR_NOBODY  a refused Confirm asks again for a ticket that has been refused before
 */

#define WORKERS (HOLDERS * INCARNATIONS)
#define HOLDER_OF(w) ((w) / INCARNATIONS)
#ifndef DEPTH
#define DEPTH 6                 /* of a stream; a full one would be reported as an error */
#endif
#define BIT(n) (1 << (n))
#define NOBODY 255
#define NONE 0                  /* no token, no ticket, no stream */

/* ---- properties ------------------------------------------------------------------------------------------- */
/* S2, the one that all others serve: physical memory never exceeds the device. */
#define PHYSICAL_MEMORY_SUFFICES assert(used <= CAPACITY)
#ifdef PHYSICAL_ALONE           /* lets a mutant run on until it does real harm */
#define PROVE(condition) skip
#else
#define PROVE(condition) assert(condition)
#endif
#define BYTES_LEAVE_ONLY_WHEN_FREE(t) PROVE(touched[t] == 0)                                /* S4 */
#define TOKENS_INCREASE(w, t) PROVE(t > highest[HOLDER_OF(w)])                              /* S3 */
#define REPLAY_KEEPS_CHARGE(t) PROVE(lease[t] <= OFFERED || logged[t] == lease[t])           /* S6 */
#define NOTHING_LEAKS PROVE(charged == 0 && used == 0)                                      /* L2 */
#define NOBODY_WAITS_IN_VAIN(w) PROVE(!wants[w] || !IS_UP(w) || last_token == TOKENS)  /* L2 */
#define TICKET_IS_KNOWN PROVE(wants[w])

mtype = { HELLO, ACQUIRE, CANCEL, CONFIRM, LOADED, BEGIN, END, YIELD, RELEASE,
          WELCOME, OFFER, REFUSED, CONFIRMED, REJECTED, BEGUN, RECALL, FENCED, RELEASED };

/* ---- the world -------------------------------------------------------------------------------------------- */
#define UNBORN 0
#define ALIVE 1
#define DEAD 2
byte life[WORKERS];
bool hung[WORKERS];
byte touched[TOKENS + 1];       /* physical bytes under each token */
byte has[WORKERS];              /* ... and under each worker */
byte used;                      /* their sum */
byte highest[HOLDERS];          /* token that a holder has ever accepted; only the property looks at it */
byte crashes = CRASHES, cuts = CUTS, repeats = REPEATS, deaths = DEATHS, hangs = HANGS;
byte fences = FENCES, cancels = CANCELS, recalls = RECALLS;

/* Two streams of one worker may be under way at the same time: the one that its front speaks on, and the one
 * before, of which the arbiter may not have read everything. Answers on the older one are read by nobody. */
#define SHUT 0
#define OPEN 1
#define BROKEN 2                /* what is under way may still arrive; what is said now is lost */
byte link[WORKERS];
byte stream[WORKERS];           /* 1 or 2: the one that the front speaks on */
chan up[2 * WORKERS] = [DEPTH] of { mtype, byte, byte };
chan down[WORKERS] = [DEPTH] of { mtype, byte, byte };
#define UP(w, s) up[2 * (w) + (s) - 1]

/* ---- the arbiter: what a crash takes ---------------------------------------------------------------------- */
#define FREE 0
#define OFFERED 1
#define LOADING 2
#define RESIDENT 3
#define ACTIVE 4
#define UNLOADING 5
#define FENCING 6
#define RECLAIMING 7            /* and QUARANTINED, which only raises an alarm */
byte lease[TOKENS + 1];         /* ledger.leases */
byte charged;                   /* ledger.charged_bytes */
byte waiting[TOKENS + 1];       /* queue.begins: the job */
byte queue[WORKERS];            /* queue.tickets of a worker, as bits */
byte outbox[WORKERS];           /* engine._outboxes: the stream that counts */
byte newest[WORKERS];           /* the stream of the newest Hello that was read */
bool buried[WORKERS];           /* departures: dead_s */
bool killing[WORKERS];          /* book.fenced_s */

/* ---- the arbiter: what its log keeps ---------------------------------------------------------------------- */
byte logged[TOKENS + 1];        /* Charged and Freed records */
byte owner[TOKENS + 1];         /* Lease.key */
byte ticket[TOKENS + 1];        /* Lease.ticket */
byte job[TOKENS + 1];           /* Lease.job */
bool draining[TOKENS + 1];      /* Lease.draining */
bool met[WORKERS];              /* Met and Gone records */
byte current[HOLDERS];          /* workers.current */
byte last_token;                /* kept by the epoch, which every start increases: Book.__init__ */

/* ---- a front: pipelines.leases._State --------------------------------------------------------------------- */
#define GRANTED 1               /* granted, but the caller of acquire has not gone on yet */
#define BEGINNING 8
byte token_floor[WORKERS];
byte asked[WORKERS];            /* number of the last ticket */
bool wants[WORKERS];            /* ... which still waits */
byte confirming[WORKERS];
byte held[WORKERS];
byte doing[WORKERS];            /* GRANTED, LOADING, RESIDENT, BEGINNING, ACTIVE */
byte begun[WORKERS];            /* number of the last job */
byte releasing[WORKERS];        /* tokens, as bits */

hidden mtype kind;
hidden byte a, b, i, n, k;

/* ---- streams ---------------------------------------------------------------------------------------------- */
inline say(w, what, x, y) {     /* [Session._send] */
  if
  :: link[w] == OPEN -> UP(w, stream[w])!what, x, y
  :: else
  fi
}

inline tell(w, what, x, y) {    /* [Engine._run] */
  if
  :: outbox[w] == stream[w] && link[w] == OPEN -> down[w]!what, x, y
  :: else
  fi
}

inline empty_up(w, s) {
  do
  :: len(UP(w, s)) > 0 -> UP(w, s)?kind, a, b
  :: else -> break
  od
}

inline empty_down(w) {
  do
  :: len(down[w]) > 0 -> down[w]?kind, a, b
  :: else -> break
  od
}

inline fail(w, s) {             /* [Outbox.fail] the stream ends with an error */
  empty_up(w, s);
  if
  :: s == stream[w] && link[w] == OPEN -> link[w] = BROKEN
  :: else
  fi
}

/* ---- the ledger ------------------------------------------------------------------------------------------- */
#define MOST(x, y) ((x) > (y) -> (x) : (y))
#define COST(state) /* [Lease.bytes_on] */ \
  ((state) == FREE -> 0 : RESIDENT_BYTES + \
    ((state) <= LOADING -> LOAD_EXTRA_BYTES : \
    ((state) == ACTIVE -> WORKING_BYTES : \
    ((state) >= FENCING -> MOST(LOAD_EXTRA_BYTES, WORKING_BYTES) : 0))))
#define FITS(t, state) (charged - COST(lease[t]) + COST(state) <= CAPACITY)
#define OWNS(w, t) ((t) != NONE && lease[t] != FREE && owner[t] == (w))

inline put(token, state) {      /* [Ledger.put] */
  charged = charged - COST(lease[token]) + COST(state);
  lease[token] = state
}

inline drop(token) {            /* [Ledger.drop] */
  put(token, FREE);
  waiting[token] = NONE; draining[token] = false; job[token] = NONE; ticket[token] = NONE;
  if
  :: touched[token] == 0 -> owner[token] = NOBODY
  :: else
  fi
}

inline store(token) {           /* [Engine._append] */
#ifndef NO_LOG
  logged[token] = lease[token]
#else
  skip
#endif
}

inline charge(token, state) {   /* [Book.charge, Book.grow] */
  put(token, state);
  store(token)
}

inline free(token) {            /* [Book.free] */
  if
  :: lease[token] != OFFERED -> BYTES_LEAVE_ONLY_WHEN_FREE(token)
  :: else
  fi;
  drop(token);
  store(token)
}

inline withdraw(token) {        /* [Book.withdraw] requeue=True */
  queue[owner[token]] = queue[owner[token]] | BIT(ticket[token]);
  drop(token)
}

inline withdraw_all(w) {        /* [Book.withdraw_all] */
  for (i : 1 .. TOKENS) {
    if
    :: lease[i] == OFFERED && owner[i] == w -> withdraw(i)
    :: else
    fi
  }
}

inline forget(w) {              /* [Book.forget_worker] */
  met[w] = false; buried[w] = false; killing[w] = false; queue[w] = 0;
  if
  :: current[HOLDER_OF(w)] == w -> current[HOLDER_OF(w)] = NOBODY
  :: else
  fi
}

inline disconnect(w) {          /* [Core.disconnect] a broken stream frees no byte */
  withdraw_all(w);
  for (i : 1 .. TOKENS) {
    if
    :: owner[i] == w -> waiting[i] = NONE
    :: else
    fi
  }
  outbox[w] = NONE
}

/* ---- a worker and its memory ------------------------------------------------------------------------------ */
#ifdef SAME_JOB_AGAIN
#define JOB(w) 1
#else
#define JOB(w) begun[w]
#endif
#define IS_UP(w) (life[w] == ALIVE && !hung[w])

inline touch(w, token, bytes) {
  has[w] = has[w] - touched[token] + bytes;
  used = used - touched[token] + bytes;
  touched[token] = bytes;
  PHYSICAL_MEMORY_SUFFICES
}

inline vanish(w) {              /* the memory of a process that has ended is the device's again */
  used = used - has[w];
  has[w] = 0;
  for (i : 1 .. TOKENS) {
    if
    :: owner[i] == w -> touched[i] = 0
    :: else
    fi
  }
}

inline give_back(w, token) {    /* resent with every Welcome until it is RELEASED */
  releasing[w] = releasing[w] | BIT(token);
  say(w, RELEASE, token, 0)
}

inline grant(w, token) {        /* [Session._grant] */
  held[w] = token; doing[w] = GRANTED;
  wants[w] = false; confirming[w] = NONE
}

inline die(w) {                 /* kill -9, or [Residence._evict]; the front hangs up: [Session.close] */
#ifndef CARD
  vanish(w);
#endif
#ifdef RELEASE_AT_DEATH
  if
  :: held[w] != NONE -> say(w, RELEASE, held[w], 0)
  :: else
  fi;
#endif
  life[w] = DEAD; hung[w] = false;
  empty_down(w);
  if
  :: link[w] == OPEN -> link[w] = BROKEN
  :: else
  fi;
  token_floor[w] = 0; wants[w] = false; confirming[w] = NONE;
  held[w] = NONE; doing[w] = NONE; begun[w] = NONE; releasing[w] = 0
}

/* ---- the arbiter reads ------------------------------------------------------------------------------------ */
#define IS_LATE(w, s) (s != stream[w] && newest[w] == stream[w])

inline hello(w, s) {            /* [Engine.open, Core.hello] a: token held, b: its state */
  if
  :: life[w] == DEAD -> fail(w, s)                      /* [Deaths.watch] */
#ifndef LATE_HELLO
  :: life[w] != DEAD && IS_LATE(w, s) -> fail(w, s)
#endif
  :: else ->
    if
    :: s != stream[w] && link[w] == OPEN && outbox[w] == stream[w] -> link[w] = BROKEN
    :: else
    fi;
    outbox[w] = s; newest[w] = s;
    met[w] = true; current[HOLDER_OF(w)] = w;
    n = a; k = b;
    withdraw_all(w);
    if                                                  /* [Core._reconcile] */
    :: n == NONE
    :: n != NONE && !OWNS(w, n) -> tell(w, FENCED, n, 0)
    :: OWNS(w, n) && k == RESIDENT && (lease[n] == LOADING || lease[n] == ACTIVE) ->
      charge(n, RESIDENT); job[n] = NONE
    :: else
    fi;
    n = 0;
    for (i : 1 .. TOKENS) {
      if
      :: OWNS(w, i) -> n = n | BIT(i)
      :: else
      fi
    }
    tell(w, WELCOME, n, last_token);
    for (i : 1 .. TOKENS) {
      if
      :: OWNS(w, i) && draining[i] -> tell(w, RECALL, i, 0)  /* [Turns.ask_back] */
      :: else
      fi
    }
  fi
}

inline answer(w) {              /* [answer] */
  if
  :: kind == ACQUIRE ->                                 /* [_acquire] */
    n = queue[w] & BIT(a);
    for (i : 1 .. TOKENS) {
      if
      :: lease[i] == OFFERED && owner[i] == w && ticket[i] == a -> n = 1
      :: else
      fi
    }
    if
    :: n == 0 -> queue[w] = queue[w] | BIT(a)
    :: else
    fi
  :: kind == CANCEL ->                                  /* [_cancel] */
    for (i : 1 .. TOKENS) {
      if
      :: lease[i] == OFFERED && owner[i] == w && ticket[i] == a -> withdraw(i)
      :: else
      fi
    }
    queue[w] = queue[w] & ~BIT(a)
  :: kind == CONFIRM ->                                 /* [_confirm] */
    if
    :: OWNS(w, a) && lease[a] == OFFERED ->
#ifdef LOG_AFTER_REPLY
      put(a, LOADING);
#else
      charge(a, LOADING);
#endif
      tell(w, CONFIRMED, a, 0)
    :: OWNS(w, a) && lease[a] != OFFERED -> tell(w, CONFIRMED, a, 0)
#ifdef NO_TOKEN_CHECK
    :: else -> tell(w, CONFIRMED, a, 0)
#else
    :: else -> tell(w, REJECTED, a, 0)                  /* [Book.owned] */
#endif
    fi
  :: kind == LOADED ->                                  /* [_loaded] */
    if
    :: OWNS(w, a) && lease[a] == LOADING -> charge(a, RESIDENT)
    :: OWNS(w, a) && lease[a] != LOADING
    :: else -> tell(w, REJECTED, a, 0)
    fi
  :: kind == BEGIN ->                                   /* [_begin, admit_begin] */
    if
    :: !OWNS(w, a) -> tell(w, REJECTED, a, 0)
    :: OWNS(w, a) && lease[a] == ACTIVE && job[a] == b -> tell(w, BEGUN, a, b)
    :: OWNS(w, a) && !(lease[a] == ACTIVE && job[a] == b) &&
       (draining[a] || (lease[a] != RESIDENT && lease[a] != ACTIVE)) -> tell(w, REJECTED, a, 0)
    :: else -> waiting[a] = b
    fi
  :: kind == END ->                                     /* [_end] */
    if
    :: !OWNS(w, a) -> tell(w, REJECTED, a, 0)
    :: OWNS(w, a) && waiting[a] == b -> waiting[a] = NONE
    :: OWNS(w, a) && waiting[a] != b && lease[a] == ACTIVE && job[a] == b ->
      charge(a, RESIDENT); job[a] = NONE
    :: else
    fi
  :: kind == YIELD ->                                   /* [_recall_reply] */
    if
#ifdef YIELD_WHILE_LOADING
    :: OWNS(w, a) && draining[a] && (lease[a] == RESIDENT || lease[a] == LOADING) -> charge(a, UNLOADING)
#else
    :: OWNS(w, a) && draining[a] && lease[a] == RESIDENT -> charge(a, UNLOADING)
#endif
    :: else
    fi
  :: kind == RELEASE ->                                 /* [_release] */
    if
    :: lease[a] != FREE && owner[a] != w -> tell(w, REJECTED, a, 0)
    :: lease[a] == FREE -> tell(w, RELEASED, a, 0)
    :: else -> free(a); tell(w, RELEASED, a, 0)
    fi
  fi
}

inline receive(w, s) {          /* [Engine.receive, Workers.admit] */
  UP(w, s)?kind, a, b;
  if
  :: kind == HELLO -> hello(w, s)
  :: kind != HELLO && (outbox[w] != s || !met[w] || current[HOLDER_OF(w)] != w) -> fail(w, s)
  :: else -> answer(w)
  fi
}

/* ---- the arbiter acts --------------------------------------------------------------------------------------- */
#define IS_REACHABLE(w) /* [Workers.is_reachable] */ \
  (outbox[w] != NONE && met[w] && !buried[w] && current[HOLDER_OF(w)] == (w))

inline offer(w) {               /* [Turns._offer] the oldest ticket of a worker; which worker, any policy may say */
  last_token++;
  k = 1;
  do
  :: queue[w] & BIT(k) -> break
  :: else -> k++
  od;
  queue[w] = queue[w] & ~BIT(k);
  owner[last_token] = w; ticket[last_token] = k;
  put(last_token, OFFERED);
  tell(w, OFFER, last_token, k)
}

inline fence(w) {               /* [Core._fence] */
  withdraw_all(w);
  for (i : 1 .. TOKENS) {
    if
    :: OWNS(w, i) && lease[i] < FENCING ->
      charge(i, FENCING); job[i] = NONE;
      tell(w, FENCED, i, 0)
    :: else
    fi
  }
  killing[w] = true
}

#ifdef NO_INCARNATION
#define DIED_WITH(w, t) (lease[t] != FREE && HOLDER_OF(owner[t]) == HOLDER_OF(w))
#else
#define DIED_WITH(w, t) OWNS(w, t)
#endif

inline bury(w) {                /* [Departures.bury] */
  withdraw_all(w);
  queue[w] = 0; killing[w] = false;
  n = 0;
  for (i : 1 .. TOKENS) {
    if
    :: DIED_WITH(w, i) ->
#if defined(CARD) && !defined(NO_RECLAIM_WAIT)
      charge(i, RECLAIMING); waiting[i] = NONE; job[i] = NONE; n = 1
#else
      free(i)
#endif
    :: else
    fi
  }
  if
  :: n -> buried[w] = true
  :: else -> forget(w)
  fi
}

inline reclaim(w) {             /* [Departures.reclaim] */
  for (i : 1 .. TOKENS) {
    if
    :: DIED_WITH(w, i) -> free(i)
    :: else
    fi
  }
  forget(w)
}

#ifdef STALE_PROBE
bool unseen[WORKERS];           /* what a probe that is not finished yet has seen, before or after the death */
#endif

proctype Arbiter(byte w) {
end:
  do
  :: d_step { len(UP(w, 1)) > 0 -> receive(w, 1) }
  :: d_step { len(UP(w, 2)) > 0 -> receive(w, 2) }
  :: d_step { /* [Engine.close] the stream is over; what was not read of it is lost */
       outbox[w] != NONE && (outbox[w] != stream[w] || link[w] != OPEN) ->
       empty_up(w, outbox[w]);
       disconnect(w)
     }
  :: d_step { /* [Policy.decide] Grant */
       queue[w] != 0 && IS_REACHABLE(w) && last_token < TOKENS && charged + COST(OFFERED) <= CAPACITY ->
       offer(w)
     }
  :: d_step { /* [Departures.expire] a ticket whose holder stays away */
       queue[w] != 0 && outbox[w] == NONE -> queue[w] = 0
     }
  :: d_step { /* [Core.fence] by the operator, or [Vigil.look] of what was recalled in vain */
       fences > 0 && met[w] && !killing[w] && !buried[w] && current[HOLDER_OF(w)] == w ->
       fences--;
       fence(w)
     }
  :: d_step { /* [Deaths.kill] */ killing[w] && life[w] == ALIVE -> die(w) }
  :: d_step { /* [Deaths._poll, Core.bury] proof of death */
       life[w] == DEAD && met[w] && !buried[w] -> bury(w)
     }
#ifdef STALE_PROBE
  :: d_step { met[w] && has[w] == 0 && !unseen[w] -> unseen[w] = true }
  :: d_step { buried[w] && unseen[w] -> unseen[w] = false; reclaim(w) }
#else
  :: d_step { /* [Witness.sample, Core.observe] a sample begun after the death shows nothing of it */
       buried[w] && has[w] == 0 -> reclaim(w)
     }
#endif
  od
}

proctype Lease(byte token) {    /* what the arbiter does about one lease */
end:
  do
  :: d_step { /* [Departures.expire] */
       lease[token] == OFFERED ->
       tell(owner[token], REFUSED, ticket[token], 0);
       drop(token)
     }
  :: d_step { /* [Turns._accept] */
       waiting[token] != NONE && lease[token] == RESIDENT && FITS(token, ACTIVE) ->
       charge(token, ACTIVE);
       job[token] = waiting[token]; waiting[token] = NONE;
       tell(owner[token], BEGUN, token, job[token])
     }
  :: d_step { /* [Turns.recall] */
       recalls > 0 && !draining[token] && lease[token] >= LOADING && lease[token] <= ACTIVE ->
       recalls--;
       draining[token] = true; store(token);
       if
       :: waiting[token] != NONE -> waiting[token] = NONE; tell(owner[token], REJECTED, token, 0)
       :: else
       fi;
       tell(owner[token], RECALL, token, 0)
     }
  :: d_step { /* [Vigil.look] silence; SUSPECT, on the way, only raises the charge */
       lease[token] > OFFERED && lease[token] < FENCING && hung[owner[token]] && !killing[owner[token]] ->
       fence(owner[token])
     }
#ifdef FREE_ON_TTL
  :: d_step { lease[token] > OFFERED && outbox[owner[token]] == NONE -> free(token) }
#endif
#ifdef LOG_AFTER_REPLY
  :: d_step { lease[token] == LOADING && logged[token] == FREE -> store(token) }
#endif
  od
}

/* ---- a front hears and speaks ------------------------------------------------------------------------------ */
inline connect(w) {             /* [Session._speak, Session._hello] */
  n = 3 - stream[w];
  if                            /* Of the stream before the last one nothing arrives any more. */
  :: outbox[w] == n -> disconnect(w)
  :: else
  fi;
  if
  :: newest[w] == n -> newest[w] = NONE
  :: else
  fi;
  empty_up(w, n);
  empty_down(w);
  stream[w] = n; link[w] = OPEN;
  if
  :: doing[w] == NONE -> n = NONE
  :: doing[w] == GRANTED -> n = LOADING
  :: doing[w] == BEGINNING -> n = RESIDENT
  :: else -> n = doing[w]
  fi;
  say(w, HELLO, held[w], n)
}

inline hear(w) {                /* [Session._hear] */
  down[w]?kind, a, b;
  if
  :: kind == WELCOME ->                                 /* [_hear_welcome] a: adopted tokens, b: floor */
#ifndef NO_TOKEN_FLOOR
    token_floor[w] = MOST(token_floor[w], b);
#endif
    if
    :: confirming[w] != NONE && (a & BIT(confirming[w])) && wants[w] -> grant(w, confirming[w])
    :: else -> confirming[w] = NONE
    fi;
    if
    :: wants[w] -> say(w, ACQUIRE, asked[w], 0)
    :: else
    fi;
    if
    :: doing[w] == BEGINNING -> say(w, BEGIN, held[w], JOB(w))
    :: else
    fi;
    for (i : 1 .. TOKENS) {
      if
      :: releasing[w] & BIT(i) -> say(w, RELEASE, i, 0)
      :: else
      fi
    }
  :: kind == OFFER ->                                   /* [_hear_offer] a: token, b: ticket */
    if
    :: wants[w] && asked[w] == b && a > token_floor[w] ->
      TOKENS_INCREASE(w, a);
      highest[HOLDER_OF(w)] = a;
#ifndef NO_TOKEN_FLOOR
      token_floor[w] = a;
#endif
      confirming[w] = a;
      say(w, CONFIRM, a, 0);
#ifdef LOAD_ON_OFFER
      grant(w, a)
#endif
    :: else
    fi
  :: kind == CONFIRMED ->                               /* [_hear_confirm_accepted] */
    if
    :: confirming[w] == a -> TICKET_IS_KNOWN; grant(w, a)
    :: else
    fi
  :: kind == REFUSED ->                                 /* [_hear_rejected] of a ticket */
    if
    :: wants[w] && asked[w] == a -> wants[w] = false
    :: else
    fi
  :: kind == REJECTED ->                                /* [_hear_rejected] of a token */
    if
    :: confirming[w] == a ->
      confirming[w] = NONE;
#ifdef ASK_AGAIN_FOR_NOBODY
      TICKET_IS_KNOWN;
#endif
      if
      :: wants[w] -> say(w, ACQUIRE, asked[w], 0)
      :: else
      fi
    :: confirming[w] != a && held[w] == a && doing[w] == BEGINNING -> doing[w] = RESIDENT
#ifdef REJECTED_IS_RELEASED
    :: else -> releasing[w] = releasing[w] & ~BIT(a)
#else
    :: else                     /* A Begin may have been meant: only RELEASED ends a release. */
#endif
    fi
  :: kind == BEGUN ->                                   /* [_hear_begin_accepted] */
    if
    :: held[w] == a && doing[w] == BEGINNING && JOB(w) == b ->
      doing[w] = ACTIVE;
      touch(w, a, RESIDENT_BYTES + WORKING_BYTES)
    :: else
    fi
  :: kind == RECALL ->                                  /* [_recalled]; that memory follows is `unload` below */
    if
    :: held[w] == a && doing[w] != ACTIVE -> say(w, YIELD, a, 0)
    :: else
    fi
  :: kind == FENCED ->                                  /* [_hear_fenced] */
    if
    :: held[w] == a -> die(w)
    :: else
    fi
  :: kind == RELEASED -> releasing[w] = releasing[w] & ~BIT(a)  /* [_hear_release_accepted] */
  fi
}

proctype Front(byte w) {
end:
  do
  :: d_step { /* [WorkerProcess.start] only when the worker before it has ended */
       life[w] == UNBORN && (w % INCARNATIONS == 0 || life[w - 1] == DEAD) -> life[w] = ALIVE
     }
  :: d_step { IS_UP(w) && link[w] != OPEN -> connect(w) }
  :: d_step { IS_UP(w) && len(down[w]) > 0 -> hear(w) }
  :: d_step { /* [Session.acquire] */
       IS_UP(w) && !wants[w] && held[w] == NONE && asked[w] < TICKETS ->
       asked[w]++; wants[w] = true;
       say(w, ACQUIRE, asked[w], 0)
     }
  :: d_step { /* [Session._withdraw] */
       IS_UP(w) && wants[w] && cancels > 0 ->
       cancels--;
       wants[w] = false;
       say(w, CANCEL, asked[w], 0);
       if
       :: confirming[w] != NONE -> give_back(w, confirming[w]); confirming[w] = NONE
       :: else
       fi
     }
  :: d_step { /* [Session._withdraw] at the moment of the grant */
       IS_UP(w) && doing[w] == GRANTED && cancels > 0 ->
       cancels--;
#ifndef FORGET_GRANT
       give_back(w, held[w]);
#endif
       held[w] = NONE; doing[w] = NONE
     }
  :: d_step { /* [Residence._load] */
       IS_UP(w) && doing[w] == GRANTED ->
       doing[w] = LOADING;
       touch(w, held[w], RESIDENT_BYTES + LOAD_EXTRA_BYTES)
     }
  :: d_step { /* [Session.loaded] */
       IS_UP(w) && doing[w] == LOADING ->
       doing[w] = RESIDENT;
       touch(w, held[w], RESIDENT_BYTES);
       say(w, LOADED, held[w], 0)
     }
  :: d_step { /* [Session.begin] */
       IS_UP(w) && doing[w] == RESIDENT && begun[w] < JOBS ->
       begun[w]++;
       doing[w] = BEGINNING;
       say(w, BEGIN, held[w], JOB(w))
     }
  :: d_step { /* [Session.begin] cancelled */
       IS_UP(w) && doing[w] == BEGINNING && cancels > 0 ->
       cancels--;
       doing[w] = RESIDENT;
       say(w, END, held[w], JOB(w))
     }
  :: d_step { /* [Session.end] */
       IS_UP(w) && doing[w] == ACTIVE ->
       doing[w] = RESIDENT;
       touch(w, held[w], RESIDENT_BYTES);
       say(w, END, held[w], JOB(w))
     }
  :: d_step { /* Memory first, then the word. Our fronts end the worker instead; the contract leaves both. */
       IS_UP(w) && doing[w] == RESIDENT ->
       touch(w, held[w], 0);
       give_back(w, held[w]);
       held[w] = NONE; doing[w] = NONE; begun[w] = NONE
     }
  od
}

/* ---- faults ------------------------------------------------------------------------------------------------- */
inline crash() {                /* [Core.__init__, Engine.start, replay] kill -9 and a new start */
  for (n : 0 .. WORKERS - 1) {
    empty_up(n, 1);
    empty_up(n, 2);
    outbox[n] = NONE; newest[n] = NONE; queue[n] = 0; buried[n] = false; killing[n] = false;
    if
    :: link[n] == OPEN -> link[n] = BROKEN
    :: else
    fi
  }
#ifdef NO_TOKEN_FLOOR
  last_token = 0;
#endif
  for (i : 1 .. TOKENS) {
    REPLAY_KEEPS_CHARGE(i);
    waiting[i] = NONE;
    put(i, logged[i]);
    if
    :: lease[i] == FREE -> drop(i)
    :: else ->
#ifdef NO_TOKEN_FLOOR
      last_token = i;
#endif
#ifndef FORGET_FENCING
      if
      :: lease[i] == FENCING -> killing[owner[i]] = true
      :: else
      fi
#endif
    fi
  }
  crashes--
}

proctype World() {
end:
  do
  :: d_step { crashes > 0 -> crash() }
  od
}

proctype Fate(byte w) {
end:
  do
  :: d_step { cuts > 0 && link[w] == OPEN -> cuts--; link[w] = BROKEN }
  :: d_step { /* Applied again, for all that [Workers.admit] is there; a Hello, which says what was, is not. */
       repeats > 0 && link[w] == OPEN && len(UP(w, stream[w])) > 0 && !UP(w, stream[w])?[HELLO, _, _] ->
       repeats--;
       UP(w, stream[w])?<kind, a, b>;
       UP(w, stream[w])!kind, a, b
     }
  :: d_step { deaths > 0 && life[w] == ALIVE -> deaths--; die(w) }
  :: d_step { hangs > 0 && IS_UP(w) && met[w] -> hangs--; hung[w] = true }
#ifdef CARD
  :: d_step { /* the driver is done */ life[w] == DEAD && has[w] > 0 -> vanish(w); k = 0 }
#endif
  od
}

proctype Rest() {               /* When nothing is left to happen, nothing may be left over. */
  timeout ->
  d_step {
    NOTHING_LEAKS;
    for (n : 0 .. WORKERS - 1) { NOBODY_WAITS_IN_VAIN(n) }
  }
}

init {
  d_step {
    for (n : 0 .. WORKERS - 1) { stream[n] = 2; owner[0] = NOBODY }
    for (n : 0 .. HOLDERS - 1) { current[n] = NOBODY }
    for (n : 1 .. TOKENS) { owner[n] = NOBODY }
  };
  atomic {
    byte each;
    for (each : 0 .. WORKERS - 1) { run Front(each); run Arbiter(each); run Fate(each) }
    for (each : 1 .. TOKENS) { run Lease(each) }
    run World();
    run Rest()
  }
}

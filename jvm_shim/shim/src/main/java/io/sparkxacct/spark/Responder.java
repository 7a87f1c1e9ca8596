package io.sparkxacct.spark;

import io.sparkxacct.session.Clock;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One message of an executor to one answer, by the rules of the channel. Throws nothing. Thread-safe. */
final class Responder {
    private static final Logger LOG = LoggerFactory.getLogger(Responder.class);
    private static final String DENIED = "denied";

    private final Broker broker;
    private final Channel channel;
    private final Seal seal;
    private final Clock clock;
    private final BadAsks badAsks;

    /**
     * @param seal null unless the channel is sealed
     * @param log takes a line about sealed asks that were refused, at most one a minute
     */
    Responder(Broker broker, Channel channel, Seal seal, Clock clock, Consumer<String> log) {
        this.broker = broker;
        this.channel = channel;
        this.seal = seal;
        this.clock = clock;
        this.badAsks = new BadAsks(clock, log);
    }

    /** In the form of {@link Messages#packed}: types of the JDK only, whose text shows nothing of what is in it. */
    String[] respond(Object message) {
        Map<String, String> answer;
        try {
            answer = answer(message);
        } catch (Throwable broken) {
            // Whatever it is: Spark would hand it to the executor, which drops its connection when it does not know the class.
            quietly(() -> LOG.debug("spark-xacct: a message was not answered", broken));
            answer = Messages.refused(Messages.Refusal.QUESTION, DENIED);
        }
        return Messages.packed(answer);
    }

    /** Says what has not been said of refused asks. */
    void end() {
        quietly(badAsks::end);
    }

    private Map<String, String> answer(Object message) {
        // An application that has no executors in other JVMs has a port all the same, and whoever reaches it can ask.
        if (!channel.isOpen() || channel.kind() == Channel.Kind.LOCAL) {
            return Messages.refused(Messages.Refusal.CHANNEL, channel.isOpen() ? channel.reason() : channel.words());
        }
        return seal == null ? answered(Messages.read(message)) : sealed(message);
    }

    private Map<String, String> sealed(Object message) {
        Map<?, ?> ask = message instanceof Map ? (Map<?, ?>) message : null;
        Map<String, String> question;
        try {
            question = seal.openAsk(ask);
        } catch (Refused bad) {
            badAsks.count(bad.reason());
            return Messages.refused(Messages.Refusal.QUESTION, DENIED);
        }
        return seal.sealAnswer(answered(Messages.read(question)), String.valueOf(ask.get(Seal.NONCE)));
    }

    private Map<String, String> answered(Map<String, String> question) {
        return question == null ? Messages.refused(Messages.Refusal.QUESTION, DENIED) : broker.answer(question, clock);
    }

    private static void quietly(Runnable log) {
        try {
            log.run();
        } catch (Exception | LinkageError unheard) {
            // There is nobody left to tell.
        }
    }
}

package io.sparkxacct.spark;

import io.sparkxacct.session.Clock;
import java.util.Map;
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

    /** @param seal null unless the channel is sealed */
    Responder(Broker broker, Channel channel, Seal seal, Clock clock) {
        this.broker = broker;
        this.channel = channel;
        this.seal = seal;
        this.clock = clock;
    }

    Map<String, String> respond(Object message) {
        try {
            if (!channel.isOpen()) {
                return Messages.refused(Messages.Refusal.CHANNEL, channel.words());
            }
            return seal == null ? answered(Messages.read(message)) : sealed(message);
        } catch (Exception | LinkageError broken) {
            LOG.debug("spark-xacct: a message was not answered", broken);
            return Messages.refused(Messages.Refusal.QUESTION, DENIED);
        }
    }

    private Map<String, String> sealed(Object message) throws Refused {
        if (!(message instanceof Map)) {
            return Messages.refused(Messages.Refusal.QUESTION, DENIED);
        }
        Map<?, ?> ask = (Map<?, ?>) message;
        Map<String, String> question = seal.openAsk(ask);
        return seal.sealAnswer(answered(Messages.read(question)), String.valueOf(ask.get(Seal.NONCE)));
    }

    private Map<String, String> answered(Map<String, String> question) {
        return question == null ? Messages.refused(Messages.Refusal.QUESTION, DENIED) : broker.answer(question, clock);
    }
}

/** Role sessions: fetched once a JVM, shared, refreshed before anyone waits; and why there is none, in words. Knows the plan, no SDK. */
package io.sparkxacct.session;

/** The way from a JVM's role sessions to the Python processes that it starts. Knows session and plan, not Spark. */
package io.sparkxacct.python;

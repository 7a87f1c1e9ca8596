/** The plan: what a declaration was compiled to. JDK types only. */
package io.sparkxacct.plan;

package io.sparkxacct.linkage;

/** What a class file expects of another class. */
record Reference(Kind kind, String owner, String name, String descriptor, boolean isStatic, boolean onInterface) implements Comparable<Reference> {
    enum Kind { CLASS, METHOD, FIELD }

    static Reference toClass(String owner) {
        return new Reference(Kind.CLASS, owner, "", "", false, false);
    }

    static Reference toMethod(String owner, String name, String descriptor, boolean isStatic, boolean onInterface) {
        return new Reference(Kind.METHOD, owner, name, descriptor, isStatic, onInterface);
    }

    static Reference toField(String owner, String name, String descriptor, boolean isStatic) {
        return new Reference(Kind.FIELD, owner, name, descriptor, isStatic, false);
    }

    @Override
    public int compareTo(Reference other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        String what = (isStatic ? "static " : "") + owner.replace('/', '.');
        return kind == Kind.CLASS ? what : what + "." + name + (kind == Kind.FIELD ? " " : "") + descriptor;
    }
}

package io.sparkxacct.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each row: a text, and its canonical spelling or the whole refusal. A quote is written as a back quote. */
class JsonTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{ `b` : 1 , `a` : [ -2 , true , false , null ] }  | {`a`:[-2,true,false,null],`b`:1}",
        "{`a`:[ ],`b`:{ },`c`:[[1],[ ]]}                   | {`a`:[],`b`:{},`c`:[[1],[]]}",
        "[0,-0,10,123456789012345]                         | [0,0,10,123456789012345]",
        "` $~\\u007f\\u0041\\u00e4\\/\\n\\u0001`           | ` \\u0024~\\u007fA\\u00e4/\\n\\u0001`",
        "`a`                                               | `a`",
    })
    void whatIsRead(String text, String canonical) {
        assertEquals(quoted(canonical), Json.canonical(Json.parse(quoted("\r\n\t " + text + " \t\r\n"))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{} x                | expected the end at character 4",
        "{1:2}               | expected a field name at character 2",
        "{`a` 1}             | expected `:` at character 6",
        "{`a`:1 `b`:2}       | expected `,` at character 8",
        "{`a`:1,}            | expected a field name at character 8",
        "[1 2]               | expected `,` at character 4",
        "[1,]                | expected a value (numbers are whole) at character 4",
        "[01]                | expected a value (numbers are whole) at character 2",
        "[1.5]               | expected a value (numbers are whole) at character 2",
        "[1e3]               | expected a value (numbers are whole) at character 2",
        "[-]                 | expected a value (numbers are whole) at character 2",
        "[1234567890123456]  | expected a value (numbers are whole) at character 2",
        "[tru]               | expected a value at character 2",
        "`\\x`               | expected an escape such as \\n or \\u0024 at character 3",
        "`\\u00g0`           | expected four hexadecimal digits at character 6",
        "`\\u000\uff11`      | expected four hexadecimal digits at character 7",
        "{`a`:1,`a`:2}       | field `a` stands twice in one object",
        "[1                  | it ends after 2 characters, in the middle of a value; copy it again in full",
    })
    void whatIsRefused(String text, String message) {
        assertEquals("the plan is not valid JSON: " + quoted(message), refusal(quoted(text)));
    }

    @Test
    void aLineBreakInAStringIsRefused() {
        assertEquals("the plan is not valid JSON: expected a character of a string at character 3", refusal("\"a\nb\""));
    }

    @Test
    void nestingEndsSomewhere() {
        Json.parse("[".repeat(33) + "]".repeat(33));

        assertEquals("the plan is not valid JSON: expected less nesting at character 34", refusal("[".repeat(34) + "]".repeat(34)));
        assertEquals("the plan is not valid JSON: expected less nesting at character 166", refusal("{\"a\":".repeat(34) + "1" + "}".repeat(34)));
    }

    private static String refusal(String text) {
        return assertThrows(PlanException.class, () -> Json.parse(text)).getMessage();
    }

    private static String quoted(String text) {
        return text.replace('`', '"');
    }
}

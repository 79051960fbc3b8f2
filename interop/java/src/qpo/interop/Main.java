package qpo.interop;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** QPO from Java: {@code walk < task.json}, {@code golden IN OUT}. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 3 && arguments[0].equals("golden")) {
      Golden.rewrite(Path.of(arguments[1]), Path.of(arguments[2]));
    } else if (arguments.length == 1 && arguments[0].equals("walk")) {
      Gson json = new GsonBuilder().disableHtmlEscaping().create();
      Task task = json.fromJson(new InputStreamReader(System.in, StandardCharsets.UTF_8), Task.class);
      byte[] seen = json.toJson(Walk.of(task)).getBytes(StandardCharsets.UTF_8);
      System.out.write(seen);
      System.out.println();
    } else {
      throw new IllegalArgumentException("say `walk < task.json` or `golden IN OUT`");
    }
  }
}

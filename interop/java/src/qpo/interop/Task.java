package qpo.interop;

import java.util.List;

/** What the walk is to do, as standard input says it. */
final class Task {
  String edge;
  String email;
  String password;
  String dataset;
  String prices;
  List<String> symbols;
}

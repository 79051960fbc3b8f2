package qpo.interop;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import com.qpo.marketdata.v1.Dataset;
import com.qpo.marketdata.v1.IngestTicksRequest;
import com.qpo.marketdata.v1.SubscribeTicksResponse;
import com.qpo.optimizer.v1.OptimizationResult;
import com.qpo.optimizer.v1.OptimizeRequest;
import com.qpo.optimizer.v1.OptimizeResponse;
import com.qpo.portfolio.v1.UpdatePortfolioRequest;
import com.qpo.types.v1.Moments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Golden messages: reads each from bytes and from JSON, and writes what Java makes of it. */
final class Golden {
  private static final List<Message> KINDS =
      List.of(
          Dataset.getDefaultInstance(),
          IngestTicksRequest.getDefaultInstance(),
          Moments.getDefaultInstance(),
          OptimizationResult.getDefaultInstance(),
          OptimizeRequest.getDefaultInstance(),
          OptimizeResponse.getDefaultInstance(),
          Status.getDefaultInstance(),
          SubscribeTicksResponse.getDefaultInstance(),
          UpdatePortfolioRequest.getDefaultInstance());
  private static final JsonFormat.TypeRegistry DETAILS =
      JsonFormat.TypeRegistry.newBuilder()
          .add(ErrorInfo.getDescriptor())
          .add(PreconditionFailure.getDescriptor())
          .add(BadRequest.getDescriptor())
          .add(RetryInfo.getDescriptor())
          .build();

  private Golden() {}

  static void rewrite(Path in, Path out) throws IOException {
    for (String line : Files.readAllLines(in.resolve("types.txt"))) {
      String[] words = line.split(" ");
      rewrite(in, out, words[0], kind(words[1]));
    }
  }

  private static void rewrite(Path in, Path out, String name, Message kind) throws IOException {
    Message message = kind.getParserForType().parseFrom(Files.readAllBytes(in.resolve(name + ".binpb")));
    Files.write(out.resolve(name + ".binpb"), bytes(message));
    Files.writeString(
        out.resolve(name + ".json"), JsonFormat.printer().usingTypeRegistry(DETAILS).print(message));
    Message.Builder told = kind.newBuilderForType();
    JsonFormat.parser().usingTypeRegistry(DETAILS).merge(Files.readString(in.resolve(name + ".json")), told);
    Files.write(out.resolve(name + ".from-json.binpb"), bytes(told.build()));
  }

  /** Maps in the order of their keys; otherwise Java writes them as they came. */
  private static byte[] bytes(Message message) throws IOException {
    byte[] written = new byte[message.getSerializedSize()];
    CodedOutputStream to = CodedOutputStream.newInstance(written);
    to.useDeterministicSerialization();
    message.writeTo(to);
    to.checkNoSpaceLeft();
    return written;
  }

  private static Message kind(String name) {
    return KINDS.stream()
        .filter(each -> each.getDescriptorForType().getFullName().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(name + " is not known here"));
  }
}

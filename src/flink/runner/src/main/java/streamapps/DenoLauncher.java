package streamapps;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;

/**
 * Runs a job's bundle with the Deno of the TaskManager's machine.
 *
 * @param bundle the job as one module
 * @param bundleHash names the file that it lies in
 * @param flags of {@code deno run}: what the job may do
 * @param arguments of the job
 * @param environment all variables that the job sees
 */
public record DenoLauncher(
        String bundle, String bundleHash, List<String> flags, List<String> arguments, Map<String, String> environment)
        implements WorkerLauncher {

    /** Where Deno is on a TaskManager's machine. */
    static final ConfigOption<String> DENO = ConfigOptions.key("stream-apps.deno").stringType().defaultValue("deno");

    @Override
    public Process start(ReadableConfig settings, Path temporary) throws IOException {
        Path module = writeBundle(temporary);
        List<String> command = new ArrayList<>(List.of(settings.get(DENO), "run", "--no-prompt", "--no-config", "--no-lock"));
        command.addAll(flags);
        command.add(module.toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(temporary.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("DENO_DIR", temporary.resolve("deno").toString());
        builder.environment().put("NO_COLOR", "1");
        try {
            return builder.start();
        } catch (IOException missing) {
            throw new WorkerException(
                    "Cannot start a worker: this TaskManager has no Deno at \"" + settings.get(DENO)
                            + "\"; install it there, or set stream-apps.deno in Flink's configuration to where it is",
                    true);
        }
    }

    /** Once for all workers of a TaskManager. */
    private Path writeBundle(Path temporary) throws IOException {
        Path module = temporary.resolve("job-" + bundleHash + ".js");
        if (Files.exists(module)) return module;
        Path part = Files.createTempFile(temporary, "job-", ".part");
        Files.writeString(part, bundle);
        try {
            Files.move(part, module, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException meanwhile) {
            Files.delete(part);
        }
        return module;
    }
}

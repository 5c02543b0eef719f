"""The pages: each begins with who looks, and shows what the clinic's logic gives."""
